"use strict";
(() => {
  const table = document.getElementById("ranking");
  if (table) {
    const ranked = [...table.tBodies];
    const heads = [...table.tHead.rows[0].cells];
    const filters = document.getElementById("filters");
    const words = document.getElementById("words");
    const shown = document.getElementById("shown");

    // Numbers before words, what is undefined last in both directions, equals by rank.
    const compare = (a, b) => {
      const x = Number(a), y = Number(b);
      if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
      const [p, q] = Number.isNaN(x) ? [a, b] : [x, y];
      return p < q ? -1 : p > q ? 1 : 0;
    };
    const sort = (head) => {
      const place = heads.indexOf(head);
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const value = new Map(ranked.map((body) => [body, body.rows[0].cells[place].dataset.v ?? ""]));
      const order = [...ranked].sort((a, b) => {
        const [x, y] = [value.get(a), value.get(b)];
        if (x === "" || y === "") return (x === "") - (y === "");
        return down ? compare(y, x) : compare(x, y);
      });
      table.append(...order);
    };
    const filter = () => {
      const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
      const regimes = new Set([...filters.querySelectorAll(":checked")].map((box) => box.value));
      let count = 0;
      for (const body of ranked) {
        const fits = regimes.has(body.dataset.regime) && wanted.every((word) => body.dataset.name.includes(word));
        body.hidden = !fits;
        count += fits;
      }
      shown.textContent = `${count} of ${ranked.length} shown`;
    };

    for (const head of heads) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(head));
      head.append(button);
    }
    filters.addEventListener("input", filter);
    filters.addEventListener("submit", (event) => event.preventDefault());
    filters.hidden = false;
    filter();
  }

  const select = (text) => {
    const fold = text.closest("details");
    if (fold) fold.open = true;
    const range = document.createRange();
    range.selectNodeContents(text);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    return document.execCommand("copy");
  };
  for (const copy of document.querySelectorAll("button.copy")) {
    const text = document.getElementById(copy.dataset.copies);
    const words = copy.textContent;
    copy.addEventListener("click", async () => {
      let done = false;
      try {
        await navigator.clipboard.writeText(text.textContent);
        done = true;
      } catch {
        done = select(text);
      }
      copy.textContent = done ? "Copied" : "Selected: copy it";
      setTimeout(() => { copy.textContent = words; }, 2000);
    });
    copy.hidden = false;
  }
})();
