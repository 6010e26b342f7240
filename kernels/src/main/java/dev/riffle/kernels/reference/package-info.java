/**
 * The definition of the operations: plain loops over {@code double[]}, each under its equation.
 * Read this package to learn what an operation computes; run the backend {@code cpu} for speed.
 */
package dev.riffle.kernels.reference;
