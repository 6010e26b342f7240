/** The command {@code doctor}: what this machine has, what is missing, and what to do about it. */
package dev.riffle.cli.doctor;
