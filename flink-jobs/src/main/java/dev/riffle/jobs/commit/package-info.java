/**
 * Commits the transactions of a checkpoint on Kafka, and finds those that the broker aborted.
 *
 * <pre>
 *   ExactlyOnceSink = KafkaSink of the connector
 *     CountingWriter     counts the records of each transaction -> PendingTransaction, in the checkpoint
 *     CheckedCommitter   commits; if the broker no longer knows the transaction: TransactionLog
 *     TransactionLog     committed, aborted or unknown, as the broker describes it
 * </pre>
 */
package dev.riffle.jobs.commit;
