/**
 * What several benchmarks use: processes with their CPU time, paths of the checkout, and times of
 * operators and operations.
 */
package dev.riffle.benchmarks.support;
