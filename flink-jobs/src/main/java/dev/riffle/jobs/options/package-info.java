/**
 * Options of jobs: their definitions and their values.
 *
 * <pre>
 *   JobOption     one option: name, type, default, rule, description
 *   OptionGroup   the options of one owner, declared as constants in the owner's options class
 *   OptionSet     all options of one job: the common groups, its own groups and its own defaults
 *   JobOptions    the values that one run of a job was given
 * </pre>
 *
 * <p>Owners are the parts of every job in {@code dev.riffle.jobs.stream}, such as {@code
 * KafkaOptions}, and the jobs themselves, such as {@code ReadUntilOptions}.
 */
package dev.riffle.jobs.options;
