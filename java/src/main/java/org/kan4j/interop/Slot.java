// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import org.kan4j.tensor.Shape;

/**
 * One tensor of a published state dict: its name, its shape in symbols, and where its numbers live in a kan4j model.
 *
 * @param key    published name, with {@code {l}} for the layer index
 * @param shape  published shape: one product of symbols and numbers an axis, such as {@code "O", "I*N"}. {@code I} and
 *               {@code O} are the widths before and after the published layer, {@code N} the basis functions of an
 *               edge; other symbols belong to the variant. Symbols are solved from the tensors themselves
 * @param group  name of the optional group the tensor belongs to, or "" if every state dict has it
 * @param role   role of the kan4j layer that holds the numbers (see {@link Variant#layers}), or "" if none does: such a
 *               tensor has no influence on the function and is carried along as it is
 * @param tensor name of that layer's tensor
 * @param axes   order in which the published axes are laid out in the kan4j tensor
 * @param fill   values where no kan4j layer holds the tensor, or null: the tensor is always held by a layer
 * @param dtype  element type written where there is none to go by (I64 for PyTorch's counters), or null: the model's
 */
record Slot(String key, List<String> shape, String group, String role, String tensor, int[] axes,
        IntToDoubleFunction fill, String dtype) {

    /** A tensor whose numbers are {@code role}'s {@code tensor} in the same order. */
    static Slot of(String key, String role, String tensor, String... shape) {
        int[] axes = new int[shape.length];
        Arrays.setAll(axes, i -> i);
        return new Slot(key, List.of(shape), "", role, tensor, axes, null, null);
    }

    /** A tensor that has no influence on the function. */
    static Slot carried(String key, IntToDoubleFunction fill, String dtype, String... shape) {
        return new Slot(key, List.of(shape), key, "", "", new int[0], fill, dtype);
    }

    Slot axes(int... order) {
        return new Slot(key, shape, group, role, tensor, order, fill, dtype);
    }

    Slot in(String optionalGroup) {
        return new Slot(key, shape, optionalGroup, role, tensor, axes, fill, dtype);
    }

    Slot orElse(double value) {
        return new Slot(key, shape, group, role, tensor, axes, i -> value, dtype);
    }

    boolean optional() {
        return !group.isEmpty();
    }

    boolean isCarried() {
        return role.isEmpty();
    }

    /** Whether a factor of a shape is a symbol rather than a number. */
    static boolean isSymbol(String factor) {
        return Character.isLetter(factor.charAt(0)) && !factor.contains("*");
    }

    /** Whether a symbol is one of the widths that neighbouring layers share. */
    static boolean isWidth(String symbol) {
        return symbol.equals("I") || symbol.equals("O");
    }

    /** The symbols of the shape. */
    List<String> symbols() {
        return shape.stream().flatMap(axis -> Arrays.stream(axis.split("\\*"))).filter(Slot::isSymbol).toList();
    }

    /** The shape for values of its symbols. */
    Shape shape(Map<String, Long> sizes) {
        return Shape.of(shape.stream().mapToLong(axis -> Arrays.stream(axis.split("\\*"))
                .mapToLong(factor -> isSymbol(factor) ? sizes.get(factor) : Long.parseLong(factor))
                .reduce(1, Math::multiplyExact)).toArray());
    }

    String before() {
        return key.substring(0, key.indexOf("{l}"));
    }

    String after() {
        return key.substring(key.indexOf("{l}") + 3);
    }

    String key(int layer) {
        return before() + layer + after();
    }
}
