// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What a configuration leaves out is what the published constructors have as their defaults. */
class PublishedDefaultsTest {

    @Test
    void defaultsAreThePublishedOnes() {
        TreeMap<String, String> expected = new TreeMap<>();
        expected.put("efficient-kan", "{layers=null, grid_size=5, spline_order=3, grid_range=[-1, 1], "
                + "enable_standalone_scale_spline=true}");
        expected.put("efficient-kan-update-grid", expected.get("efficient-kan").replace("}", ", margin=0.01}"));
        expected.put("fastkan", "{layers=null, grid_min=-2, grid_max=2, num_grids=8, use_base_update=true, use_layernorm=true}");
        expected.put("fasterkan", "{layers=null, num_grids=8, grid_min=-1.2, grid_max=0.2, inv_denominator=0.5}");
        expected.put("rswaf", expected.get("fasterkan"));
        expected.put("bsrbf", "{layers=null, grid_size=5, spline_order=3, grid_range=[-1.5, 1.5]}");
        expected.put("chebykan", "{layers=null, degree=null}");
        expected.put("jacobikan", "{layers=null, degree=null, a=1, b=1}");
        expected.put("fourierkan", "{layers=null, gridsize=null, addbias=true}");
        expected.put("sinekan", "{layers=null, grid_size=8}");
        expected.put("wavkan", "{layers=null, wavelet_type=mexican_hat, mode=train}");
        expected.put("relukan", "{layers=null, g=null, k=null}");
        expected.put("rational", "{layers=null, groups=8, bias=null}");
        expected.put("pykan", "{width=null, grid=3, k=3, mult_arity=2, base_fun=silu, symbolic_enabled=true, symbolic=null}");
        assertEquals(expected.keySet(), new TreeSet<>(Variant.all().stream().map(Variant::name).toList()));
        expected.forEach((name, defaults) -> assertEquals(defaults, Variant.of(name).defaults().toString(), name));
    }
}
