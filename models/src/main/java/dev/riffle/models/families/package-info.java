/**
 * Model families: the field {@code family} of a model directory or a golden selects the {@link
 * dev.riffle.models.families.Family} that loads, describes or checks it.
 *
 * <pre>
 *   config.json "family": "lru"      META-INF/services of models, music, dna, ...
 *              |                                  |
 *              +--------> Families &lt;--------------+  ServiceLoader
 *                            |
 *                         Family.load -> LoadedModel: Steps | Windows
 *                            |
 *                         StreamModel, on the device's thread if the backend has a device
 * </pre>
 *
 * <p>This module registers the five families. Products register their own families from their own
 * modules; this module does not depend on them.
 */
package dev.riffle.models.families;
