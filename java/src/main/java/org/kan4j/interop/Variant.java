// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.lang.foreign.Arena;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.kan4j.error.KanException;
import org.kan4j.error.Status;
import org.kan4j.internal.Json;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerSpec;
import org.kan4j.tensor.HostTensor;

/**
 * A published KAN implementation: the tensors of its state dict, and the kan4j layers that compute what it computes.
 * {@link StateDicts} imports and exports them.
 */
public abstract sealed class Variant
        permits EfficientKan, Pykan, FastKan, FasterKan, ChebyKan, JacobiKan, FourierKan, SineKan, WavKan, ReluKan,
        RationalKan, BsrbfKan {

    private static final List<Variant> ALL = List.of(new EfficientKan("efficient-kan"),
            new EfficientKan("efficient-kan-update-grid"), new Pykan(), new FastKan(), new FasterKan("fasterkan"),
            new FasterKan("rswaf"), new ChebyKan(), new FourierKan(), new JacobiKan(), new SineKan(), new WavKan(),
            new ReluKan(), new BsrbfKan(), new RationalKan());

    private final String name;

    Variant(String name) {
        this.name = name;
    }

    /** Every variant known. */
    public static List<Variant> all() {
        return ALL;
    }

    /** The variant of a name; the error lists those known. */
    public static Variant of(String name) {
        return ALL.stream().filter(v -> v.name.equals(name)).findFirst().orElseThrow(
                () -> new KanException(Status.INVALID_ARGUMENT, "unknown variant '" + name + "'; known are "
                        + ALL.stream().map(Variant::name).collect(Collectors.joining(", "))));
    }

    /** The name used in files and on the command line, such as {@code efficient-kan}. */
    public final String name() {
        return name;
    }

    @Override
    public final String toString() {
        return name;
    }

    /** The keys of the configuration with their published defaults; null where a key has none. */
    abstract Map<String, Object> defaults();

    /** Keys that are allowed and have no influence on the function: what only steers initialisation or training. */
    Set<String> ignoredKeys() {
        return Set.of();
    }

    /** The tensors of one published layer. */
    abstract List<Slot> slots();

    /** The name a tensor has here where other names are in use too. */
    String canonical(String key) {
        return key;
    }

    /** Whether the numbers of layers only order them, as in a torch.nn.Sequential: they may have gaps. */
    boolean sequential() {
        return false;
    }

    /**
     * Whether a group is of modules that may stand behind some of the layers (a norm), numbered in a row with the
     * layers or like the layer before. What has such groups is sequential.
     */
    boolean between(String group) {
        return false;
    }

    /** The number of the first layer in the published names. */
    int firstIndex() {
        return 0;
    }

    /** Whether the tensors of a group must be there: the required ones always are, optional ones by configuration. */
    boolean demands(String group, Config config) {
        return group.isEmpty();
    }

    /** Number of published layers by the configuration, or 0 where it does not say. */
    int configLayers(Config config) {
        int[] widths = config.widths("layers");
        return widths == null ? 0 : widths.length - 1;
    }

    /** Values of symbols by the configuration; it decides where the tensors do not agree with each other. */
    Map<String, Long> configSizes(Config config, int layer) {
        Map<String, Long> sizes = new LinkedHashMap<>();
        int[] widths = config.widths("layers");
        if (widths != null && layer < widths.length - 1) {
            sizes.put("I", (long) widths[layer]);
            sizes.put("O", (long) widths[layer + 1]);
        }
        return sizes;
    }

    /** The tensors of a state dict in the layout of today, where older versions had another; new ones in the arena. */
    Map<String, HostTensor> current(String what, Map<String, HostTensor> tensors, Arena arena) {
        return tensors;
    }

    /** The kan4j layers of a published layer in order, by role. */
    abstract Map<String, LayerSpec> layers(PublishedLayer published, Config config);

    /**
     * The edges of a published layer that are functions, by {@code layer,input,output}: expressions of x, and of phi, what the
     * edge has in the kan4j layer, where that is added.
     *
     * @param place index of the kan4j layer with its edges
     */
    Map<String, String> functions(PublishedLayer published, int place, Config config) {
        return Map.of();
    }

    /** Takes the kan4j layers of one published layer from a model that is to be exported, by role. */
    abstract Map<String, LayerSpec> take(LayerReader reader);

    /** The values of the slots' symbols for layers that {@link #take} took. */
    Map<String, Long> sizes(Map<String, LayerSpec> layers) {
        KanLayer kan = (KanLayer) layers.get("kan");
        Map<String, Long> sizes = new LinkedHashMap<>();
        sizes.put("I", kan.in());
        sizes.put("O", kan.out());
        sizes.put("N", (long) kan.basis().functions());
        return sizes;
    }

    /** Whether a group's tensors are written for layers that {@link #take} took. */
    boolean writes(String group, Map<String, LayerSpec> layers) {
        return true;
    }

    /** The configuration of an exported model beside {@code layers}, from its published layers. */
    void describe(List<ExportedLayer> layers, Map<String, Object> config) {
    }

    /** The same of a model whose layers' edges are functions by the names that {@link #fix} gave. */
    void describe(List<ExportedLayer> layers, List<Object> names, Map<String, Object> config) {
        describe(layers, config);
    }

    /** What is exported of the configuration that a model was imported with, as JSON, where {@code now} describes it today. */
    String kept(String config, Map<String, Object> now) {
        if (config.isEmpty()) {
            return Json.write(now);
        }
        Map<String, Object> updated = Config.parse(this, config).updated(now);
        return updated == null ? config : Json.write(updated);
    }

    /**
     * Puts the edges that are functions into the tensors of a published layer that is being exported.
     *
     * @param published whose tensors may be replaced
     * @param place     index of the kan4j layer with its edges
     * @param functions by {@code layer,input,output} of kan4j's layers
     * @param config    that the model was imported with, as JSON, or empty
     * @return names of the functions, as {@link #describe} writes them; null for none
     */
    Object fix(PublishedLayer published, int place, Map<String, String> functions, String config, Arena arena) {
        return null;
    }
}
