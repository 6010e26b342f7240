/**
 * The one package that names {@code jdk.incubator.vector}. It is compiled by itself, without {@code
 * -Werror}, because the warning about an incubating module cannot be silenced; {@link
 * dev.riffle.kernels.cpu.CpuProvider} loads it by name where the module is there.
 */
package dev.riffle.kernels.cpu.vector;
