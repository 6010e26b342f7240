"""The residual shuffle-exchange network in its MusicNet form, with the names of the official TensorFlow code.

window values -> strided convolutions (k 4, stride 2), norm, gelu -> linear, * 0.25 -> Benes blocks -> head at the middle position.
"""
import math

import torch
from torch import nn
from torch.nn import functional as F

FRAME, TAPS, IMBALANCE, CANDIDATE = 128, 4, -4., .25 * math.sqrt(1 - .9 ** 2)


def norm(a, offset):
    """The reference's layer norm: over the positions (axis 1), doubled, with a bias inside. a (B, N, C)."""
    a = a - a.mean(1, keepdim=True)
    a = 2 * a + offset
    return a * torch.rsqrt(a.square().mean(1, keepdim=True) + 1e-10)


def gelu(x):
    return x * torch.sigmoid(1.702 * x)


def rotation(n, left):
    """Where each position comes from: the index with its n bits rotated."""
    i = torch.arange(1 << n)
    return ((i << 1) & ((1 << n) - 1)) | (i >> (n - 1)) if left else (i >> 1) + ((i & 1) << (n - 1))


class Unit(nn.Module):
    """Switch unit on pairs of neighbours. x (B, N, m)."""

    def __init__(self, m):
        super().__init__()
        self.first, self.second = (nn.Parameter(torch.empty(a, b)) for a, b in ((2 * m, 4 * m), (4 * m, 2 * m)))
        nn.init.xavier_uniform_(self.first), nn.init.xavier_uniform_(self.second)
        self.bias = nn.Parameter(.01 * torch.rand(2 * m))
        self.offset = nn.Parameter(torch.zeros(4 * m))
        self.residual = nn.Parameter(torch.full((2 * m,), math.log(.9 / .1) / 2))

    def forward(self, x):
        y = x.reshape(x.shape[0], x.shape[1] // 2, -1)
        c = gelu(norm(y @ self.first, self.offset)) @ self.second + self.bias
        return (torch.sigmoid(2 * self.residual) * y + CANDIDATE * c).reshape(x.shape)


class RseMusic(nn.Module):
    """x (B, window) -> logits (B, classes)."""

    def __init__(self, window, units, blocks, convs, classes):
        super().__init__()
        self.sizes = dict(window=window, num_units=units, n_blocks=blocks, convs=convs, n_classes=classes)
        m, length = units, window >> convs
        channels = {1: (1, 2 * m), 2: (1, m // 2, 2 * m), 3: (1, m // 2, m, 2 * m)}[convs]
        self.convs = nn.ParameterList(nn.init.xavier_uniform_(torch.empty(TAPS * a, b)) for a, b in zip(channels, channels[1:]))
        self.offsets = nn.ParameterList(torch.zeros(b) for b in channels[1:])
        self.pool = nn.Parameter(nn.init.xavier_uniform_(torch.empty(channels[-1], m)))
        self.pool_bias = nn.Parameter(.01 * torch.rand(m))
        self.units = nn.ModuleDict({name: Unit(m) for k in range(blocks) for name in (f'{k}_forward', f'{k}_reverse')} | dict(last=Unit(m)))
        self.head = nn.Parameter(nn.init.xavier_uniform_(torch.empty(m, classes)))
        self.head_bias = nn.Parameter(torch.zeros(classes))
        self.scale, self.offset = nn.Parameter(torch.ones(classes)), nn.Parameter(torch.zeros(classes))
        self.blocks, self.layers = blocks, length.bit_length() - 2
        self.rol, self.ror = rotation(length.bit_length() - 1, True), rotation(length.bit_length() - 1, False)
        self.middle = (window // FRAME - 1) // 2 * FRAME >> convs

    def pooled(self, x):
        y = x[..., None]
        for kernel, offset in zip(self.convs, self.offsets):
            y = F.pad(y, (0, 0, 1, 1)).unfold(1, TAPS, 2).transpose(2, 3).flatten(2)       # (B, N/2, taps * channels)
            y = gelu(norm(y @ kernel, offset))
        return .25 * (y @ self.pool + self.pool_bias)

    def features(self, x):
        x = self.pooled(x)
        for k in range(self.blocks):
            for name, order in ((f'{k}_forward', self.rol), (f'{k}_reverse', self.ror)):
                for _ in range(self.layers):
                    x = self.units[name](x)[:, order]
        return self.units['last'](x)

    def forward(self, x):
        """Calibrated logits."""
        y = self.features(x)[:, self.middle] @ self.head + self.head_bias + IMBALANCE
        return self.scale * y + self.offset

    def named(self):
        """Weights under the official names."""
        w = {}
        for i, (kernel, offset) in enumerate(zip(self.convs, self.offsets), 1):
            w[f'pool1/conv{i}/CvK'] = kernel.reshape(TAPS, -1, kernel.shape[1])
            w[f'pool1/norm{i}/norm_bias/offset'] = offset[None, None]
        w[f'pool1/conv{len(self.convs) + 1}/CvK'], w[f'pool1/conv{len(self.convs) + 1}/CvB'] = self.pool, self.pool_bias
        for name, u in self.units.items():
            p = f'steps_recursive/{name}/'
            w[p + 'cand1/c/CvK'], w[p + 'norm/c/norm_bias/offset'], w[p + 'cand2/c/CvK'] = u.first, u.offset[None, None], u.second
            w[p + 'cand2/c/CvB'], w[p + 'residual'] = u.bias, u.residual
        w['output/CvK'], w['output/CvB'] = self.head, self.head_bias
        w['corrected_result/scale'], w['corrected_result/offset'] = self.scale, self.offset
        return {'var_lengths/' + k: v.detach().contiguous() for k, v in w.items()}
