"""ChordMixer over reads, under the reference's names of weights: prenorm LN, no norm after, linear decoder, tokens in."""
import torch
from torch import nn
from torch.nn import functional as F


def layers(length):
    """ceil(log2(length))"""
    return (int(length) - 1).bit_length()


def turn(z, track, sign):
    """Track i >= 1 of z (B, N, D) rolled by 2^(i-1) steps towards the start (sign 1) or the end (-1)."""
    b, n, d = z.shape
    x = z.view(b, n, d // track, track)
    y = torch.empty_like(x)
    y[:, :, 0] = x[:, :, 0]
    for i in range(1, d // track):
        k = sign * (1 << (i - 1)) % n
        y[:, :n - k, i] = x[:, k:, i]
        y[:, n - k:, i] = x[:, :k, i]
    return y.view(b, n, d)


class Rotate(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z, track):
        ctx.track = track
        return turn(z, track, 1)

    @staticmethod
    def backward(ctx, gradient):
        return turn(gradient.contiguous(), ctx.track, -1), None


class Mix(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, width, hidden, track):
        super().__init__()
        self.prenorm, self.mix, self.track = nn.LayerNorm(width), Mix(width, hidden), track

    def forward(self, x):
        return x + Rotate.apply(self.mix(self.prenorm(x)), self.track)


class ChordMixer(nn.Module):
    """Reads (B, N) of one length N -> logits (B, taxa). As many blocks run as the length needs."""

    def __init__(self, inputs, outputs, longest, track, hidden):
        super().__init__()
        width = (layers(longest) + 1) * track
        self.sizes = dict(inputs=inputs, outputs=outputs, longest=longest, track=track, hidden=hidden)
        self.embedding = nn.Embedding(inputs, width, padding_idx=0)
        self.encoder = nn.ModuleDict(dict(chordmixer_blocks=nn.ModuleList(Block(width, hidden, track) for _ in range(layers(longest)))))
        self.decoder = nn.ModuleDict(dict(decoder=nn.Linear(width, outputs)))
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)

    def forward(self, x, seen=None):
        """seen: a list that gets the output of every block"""
        blocks = self.encoder['chordmixer_blocks'][:layers(x.shape[1])]
        x = self.embedding(x)
        for block in blocks:
            x = block(x)
            if seen is not None:
                seen.append(x)
        return self.decoder['decoder'](x.mean(1))
