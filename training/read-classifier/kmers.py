"""The peer: logistic regression on the frequencies of k-mers, a k-mer and its reverse complement counted as one."""
import numpy as np
import torch
from torch.nn import functional as F


def canonical(k):
    """For each of the 4^k words the column that counts it and its reverse complement, and how many columns there are."""
    words = np.arange(4 ** k)
    reverse, rest = np.zeros_like(words), words.copy()
    for _ in range(k):
        reverse = reverse * 4 + (3 - rest % 4)
        rest //= 4
    least, column = np.unique(np.minimum(words, reverse), return_inverse=True)
    return column, len(least)


def frequencies(read, k, column, size):
    """Tokens -> (size,) float32; words with an N are left out."""
    if len(read) < k:
        return np.zeros(size, np.float32)
    base = read.astype(np.int64) - 1
    word, known = np.zeros(len(read) - k + 1, np.int64), np.ones(len(read) - k + 1, bool)
    for i in range(k):
        part = base[i:len(base) - k + 1 + i]
        word, known = word * 4 + part, known & (part >= 0)
    counts = np.bincount(column[word[known]], minlength=size).astype(np.float32)
    return counts / max(1., counts.sum())


class KmerRegression:
    def __init__(self, k, reads, labels, classes, decay):
        self.k, (self.column, self.size) = k, canonical(k)
        x, y = self.features(reads), torch.from_numpy(labels)
        self.mean, self.scale = x.mean(0), x.std(0) + 1e-8
        self.weight = torch.zeros(self.size, classes, requires_grad=True)
        self.bias = torch.zeros(classes, requires_grad=True)
        x = (x - self.mean) / self.scale
        optimiser = torch.optim.LBFGS([self.weight, self.bias], max_iter=100, history_size=20, line_search_fn='strong_wolfe')

        def loss():
            optimiser.zero_grad()
            total = F.cross_entropy(x @ self.weight + self.bias, y) + decay * self.weight.square().sum()
            total.backward()
            return total
        optimiser.step(loss)

    def features(self, reads):
        return torch.from_numpy(np.stack([frequencies(read, self.k, self.column, self.size) for read in reads]))

    def predict(self, reads):
        with torch.no_grad():
            return ((self.features(reads) - self.mean) / self.scale @ self.weight + self.bias).argmax(1).numpy()
