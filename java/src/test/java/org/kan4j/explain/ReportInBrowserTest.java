// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package org.kan4j.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kan4j.device.Context;

/** The report in a real browser, without a screen: it opens, and there is something on the screenshot. */
class ReportInBrowserTest {

    @TempDir
    Path folder;

    @Test
    void itOpensInChromium() throws Exception {
        Path browser = Stream.of("chromium", "chromium-browser", "google-chrome")
                .flatMap(name -> Stream.of("/usr/bin", "/usr/local/bin", "/snap/bin").map(place -> Path.of(place, name)))
                .filter(Files::isExecutable)
                .findFirst().orElse(null);
        Assumptions.assumeTrue(browser != null, "no chromium: apt-get install chromium makes this test run");
        double[][] x = new double[300][2];
        double[] y = new double[300];
        for (int b = 0; b < 300; b++) {
            x[b][0] = Math.sin(b);
            x[b][1] = Math.cos(1.7 * b);
            y[b] = x[b][0] * x[b][0] + Math.exp(x[b][1]);
        }
        String html;
        try (Context context = KanGraphTest.single()) {
            html = Explain.defaults().withShape("2,1").run(context, x, y, List.of("x", "y"), "z").report();
        }
        Path page = Files.writeString(folder.resolve("report.html"), html);
        Path shot = folder.resolve("shot.png");
        Process process = new ProcessBuilder(browser.toString(), "--headless", "--no-sandbox", "--disable-gpu",
                "--user-data-dir=" + folder.resolve("profile"), "--window-size=900,1600", "--screenshot=" + shot,
                page.toUri().toString()).redirectErrorStream(true).redirectOutput(folder.resolve("log").toFile()).start();
        assertTrue(process.waitFor(120, TimeUnit.SECONDS), "chromium did not end");
        assertEquals(0, process.exitValue(), Files.readString(folder.resolve("log")));
        BufferedImage image = ImageIO.read(shot.toFile());
        int background = image.getRGB(0, 0);
        long ink = 0;
        for (int row = 0; row < image.getHeight(); row++) {
            for (int column = 0; column < image.getWidth(); column++) {
                ink += image.getRGB(column, row) != background ? 1 : 0;
            }
        }
        assertTrue(ink > 10_000, ink + " pixels are drawn");
    }
}
