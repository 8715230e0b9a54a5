// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package application;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Runs test classes where there is no Maven: native/tests/gpu_all.sh, in an image carried to a machine with a GPU. Prints a
 * line for each test that does not pass and their counts last; with a file as the first argument, ending in .json, writes
 * the counts there. Ends with 1 if a test failed or none passed.
 */
public final class RunTests {

    private RunTests() {
    }

    /** Arguments: [FILE.json] CLASS... */
    public static void main(String[] arguments) throws IOException {
        boolean json = arguments.length > 0 && arguments[0].endsWith(".json");
        LauncherDiscoveryRequestBuilder request = LauncherDiscoveryRequestBuilder.request();
        for (int i = json ? 1 : 0; i < arguments.length; i++) {
            request.selectors(DiscoverySelectors.selectClass(arguments[i]));
        }
        int[] counts = new int[3];
        List<String> lines = new ArrayList<>();
        LauncherFactory.create().execute(request.build(), new TestExecutionListener() {
            @Override
            public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                boolean passed = result.getStatus() == TestExecutionResult.Status.SUCCESSFUL;
                if (!test.isTest() && passed) {
                    return;
                }
                boolean skipped = result.getStatus() == TestExecutionResult.Status.ABORTED;
                counts[passed ? 0 : skipped ? 1 : 2]++;
                if (!passed) {
                    String name = test.getUniqueId().replaceAll(".*\\[class:([^]]*)]", "$1");
                    lines.add((skipped ? "SKIPPED " : "FAILED ") + name + ": "
                            + result.getThrowable().map(Throwable::toString).orElse(""));
                    if (!skipped) {
                        result.getThrowable().ifPresent(Throwable::printStackTrace);
                    }
                }
            }

            @Override
            public void executionSkipped(TestIdentifier test, String reason) {
                counts[1]++;
                lines.add("SKIPPED " + test.getDisplayName() + ": " + reason);
            }
        });
        lines.forEach(System.out::println);
        System.out.println(counts[0] + " passed, " + counts[1] + " skipped, " + counts[2] + " failed");
        if (json) {
            Files.writeString(Path.of(arguments[0]), "{\"passed\": " + counts[0] + ", \"skipped\": " + counts[1]
                    + ", \"failed\": " + counts[2] + "}\n");
        }
        System.exit(counts[2] > 0 || counts[0] == 0 ? 1 : 0);
    }
}
