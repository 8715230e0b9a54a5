// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.export;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.kan4j.basis.BSpline;
import org.kan4j.basis.Basis;
import org.kan4j.basis.Wavelet;
import org.kan4j.layer.Activation;
import org.kan4j.layer.ActivationLayer;
import org.kan4j.layer.KanLayer;
import org.kan4j.layer.LayerSpec;
import org.kan4j.model.KanModel;
import org.kan4j.tensor.DType;

/**
 * Every kind of model in every export: {@link OnnxTest}, {@link SourceTest} (Java and C) and {@link ScorerTest} go
 * through {@link Models#all}, so a kind that is missing there is missing in all of them.
 */
class KindsTest {

    private static final Collection<KanModel> MODELS = Models.all().values();

    private static Stream<LayerSpec> layers() {
        return MODELS.stream().flatMap(model -> model.layers().stream());
    }

    private static Stream<KanLayer> kans() {
        return layers().filter(KanLayer.class::isInstance).map(KanLayer.class::cast);
    }

    private static <T> void assertAll(Collection<T> kinds, Stream<? extends T> found) {
        assertEquals(new HashSet<>(kinds), found.collect(Collectors.toSet()));
    }

    private static Set<Class<?>> permitted(Class<?> type) {
        return Arrays.stream(type.getPermittedSubclasses()).collect(Collectors.toSet());
    }

    @Test
    void everyLayerAndBasisAndType() {
        assertAll(permitted(LayerSpec.class), layers().map(Object::getClass));
        assertAll(permitted(Basis.class), kans().map(kan -> kan.basis().getClass()));
        assertAll(EnumSet.of(DType.F32, DType.F64), MODELS.stream().map(KanModel::dtype));
        for (DType dtype : EnumSet.of(DType.F32, DType.F64)) {
            assertAll(permitted(Basis.class), MODELS.stream().filter(model -> model.dtype() == dtype)
                    .flatMap(model -> model.layers().stream()).filter(KanLayer.class::isInstance)
                    .map(layer -> ((KanLayer) layer).basis().getClass()));
        }
    }

    @Test
    void everyChoiceOfALayer() {
        assertAll(EnumSet.complementOf(EnumSet.of(Activation.NONE)), layers().filter(ActivationLayer.class::isInstance)
                .map(layer -> ((ActivationLayer) layer).activation()));
        assertAll(EnumSet.allOf(Activation.class), kans().map(KanLayer::base));
        assertAll(EnumSet.allOf(Wavelet.Kind.class), kans().map(KanLayer::basis).filter(Wavelet.class::isInstance)
                .map(basis -> ((Wavelet) basis).kind()));
        for (int order = 1; order <= 5; order++) {
            int k = order;
            assertAll(EnumSet.allOf(BSpline.Outside.class), kans().map(KanLayer::basis)
                    .filter(BSpline.class::isInstance).map(BSpline.class::cast).filter(b -> b.order() == k)
                    .map(BSpline::outside));
        }
        for (Function<KanLayer, Boolean> flag : Set.<Function<KanLayer, Boolean>>of(KanLayer::mask, KanLayer::scale,
                KanLayer::bias, KanLayer::inputNorm, KanLayer::baseNorm)) {
            assertAll(Set.of(true, false), kans().map(flag));
        }
    }
}
