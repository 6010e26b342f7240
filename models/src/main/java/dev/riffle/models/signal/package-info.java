/**
 * Signal arithmetic outside of the kernels: {@link dev.riffle.models.signal.RealFft} computes half
 * a spectrum of real samples, on the CPU and for one thread.
 */
package dev.riffle.models.signal;
