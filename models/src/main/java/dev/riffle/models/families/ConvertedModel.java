package dev.riffle.models.families;

import dev.riffle.models.Settings;
import dev.riffle.models.weights.Safetensors;
import java.util.List;

/**
 * A model under the names and settings of another code that computes the same function.
 *
 * @param settings the content of {@code config.json}
 * @param weights the tensors
 * @param unread names of the source's tensors that the model does not use and that were left out
 */
public record ConvertedModel(Settings settings, Safetensors weights, List<String> unread) {}
