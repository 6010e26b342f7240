/**
 * Job files: any model on any topic, described in YAML.
 *
 * <pre>
 *   YAML text -> YamlTree       values by path, with their positions; JobKey lists the valid keys
 *             -> *Section       SourceSection, FieldsSection, ModelSection, OptionsSection,
 *                               SinksSection read one section each, through YamlValues
 *             -> JobFile        the job, or its problems: Diagnostic
 *
 *   ModelCheck, AvroFields      check a file against its model and its Avro schema
 *   SchemaText                  the text of an Avro schema, or in words why it is invalid
 *   JobArguments                a file as arguments of a cluster's entry point
 *   JobSchema                   the JSON Schema for editors
 *
 *   SequenceJob                 the job: SequenceInput (FieldReader, AvroInput), SequenceModel,
 *                               PredictionMapper
 *   WriterSchemas               the schemas of a registry, by the ids in records
 * </pre>
 *
 * <p>A {@code source.format} that a named job claims, such as {@code reads}, runs that job on the
 * topics and options of the file.
 */
package dev.riffle.jobs.sequence;
