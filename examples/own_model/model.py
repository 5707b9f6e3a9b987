"""Three networks of one's own: each factory takes the activation to use, and what the data needs."""

import torch
from torch import nn


def cnn(activation, n_inputs, n_outputs):
    """Return a convolutional network with batch norm and dropout for images of 8 x 8 pixels."""
    return nn.Sequential(
        nn.Conv2d(n_inputs, 16, 3, padding=1),
        nn.BatchNorm2d(16),
        activation(),
        nn.MaxPool2d(2),
        nn.Dropout2d(0.1),
        nn.Flatten(),
        nn.Linear(16 * 4 * 4, 32),
        activation(),
        nn.Dropout(0.2),
        nn.Linear(32, n_outputs),
    )


class Recurrent(nn.Module):
    """An LSTM whose last output is classified."""

    def __init__(self, activation, n_inputs, n_outputs):
        super().__init__()
        self.lstm = nn.LSTM(n_inputs, 16, batch_first=True)
        self.head = nn.Sequential(nn.Linear(16, 16), activation(), nn.Linear(16, n_outputs))

    def forward(self, sequences):
        """Return the logits [rows, outputs] of sequences [rows, length, channels]."""
        return self.head(self.lstm(sequences)[0][:, -1])


class Transformer(nn.Module):
    """A two-layer transformer over tokens."""

    def __init__(self, activation, n_inputs, n_outputs, width=16):
        super().__init__()
        self.embedding = nn.Embedding(n_inputs, width)
        self.position = nn.Parameter(0.02 * torch.randn(64, width))
        layer = nn.TransformerEncoderLayer(
            width, nhead=2, dim_feedforward=2 * width, dropout=0.1, activation=activation(), batch_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, num_layers=2, enable_nested_tensor=False)
        self.head = nn.Linear(width, n_outputs)

    def forward(self, tokens):
        """Return the logits [rows, outputs] of tokens [rows, length]."""
        embedded = self.embedding(tokens) + self.position[: tokens.shape[1]]
        return self.head(self.encoder(embedded).mean(dim=1))
