package dev.riffle.kernels;

/** Element-wise functions that the families name. */
public enum Activation {
  /** x */
  NONE,
  /** max(0, x) */
  RELU,
  /** 1 / (1 + exp(-x)) */
  SIGMOID,
  /**
   * 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), which equals x sigmoid of twice the argument.
   */
  GELU_TANH,
  /** 0.5 x (1 + erf(x / sqrt(2))): x times the normal distribution's share below x. */
  GELU,
  /** x sigmoid(1.702 x) */
  GELU_QUICK,
  /** tanh(x) */
  TANH,
  /** log(1 + exp(x)) */
  SOFTPLUS,
  /** exp(x) */
  EXP
}
