/** Submission of jobs to a Flink cluster, through the REST interface of its JobManager. */
package dev.riffle.jobs.cluster;
