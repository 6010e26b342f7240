/**
 * What command groups share: failures with a message for the user, inputs, progress bars, output
 * directories, and what happens on Ctrl-C.
 */
package dev.riffle.cli.shared;
