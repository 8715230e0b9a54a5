// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
// Example: rows with numbers and texts from a CSV file: trained, reported, saved, loaded, asked one row

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.kan4j.Examples;
import org.kan4j.Kan;
import org.kan4j.KanClassifier;
import org.kan4j.TrainedKan;

/** Which customers stay? The file is made here; any list of maps does. */
public class CsvTable {

    public static void main(String[] args) throws IOException {
        Path csv = Files.createTempFile("customers", ".csv");
        Path file = Files.createTempFile("customers", ".safetensors");
        write(csv);
        List<Map<String, Object>> rows = read(csv);
        List<Map<String, Object>> known = rows.subList(0, 1500);
        List<Map<String, Object>> held = rows.subList(1500, rows.size());
        try (KanClassifier model = Kan.classifier().hidden(8).seed(1).fit(Examples.of(known, "stays"))) {
            System.out.println(model.summary());
            System.out.println(model.evaluate(Examples.of(held, "stays")));
            model.save(file);
        }
        try (TrainedKan model = Kan.load(file)) {
            System.out.println(model.predict(Map.of("age", 61, "plan", "pro", "visits", 12)));
        } finally {
            Files.delete(csv);
            Files.delete(file);
        }
    }

    static void write(Path csv) throws IOException {
        Random random = new Random(1);
        StringBuilder text = new StringBuilder("age,plan,visits,stays\n");
        for (int i = 0; i < 2000; i++) {
            int age = random.nextInt(18, 80);
            String plan = List.of("free", "basic", "pro").get(random.nextInt(3));
            int visits = random.nextInt(0, 40);
            boolean stays = visits + (plan.equals("pro") ? 12 : 0) - Math.abs(age - 45) / 3.0 > 14;
            text.append(age).append(',').append(plan).append(',').append(visits).append(',').append(stays ? "yes" : "no").append('\n');
        }
        Files.writeString(csv, text);
    }

    static List<Map<String, Object>> read(Path csv) throws IOException {
        return Files.readAllLines(csv).stream().skip(1).map(line -> line.split(","))
            .map(cell -> Map.<String, Object>of("age", Double.valueOf(cell[0]), "plan", cell[1], "visits",
                Double.valueOf(cell[2]), "stays", cell[3]))
            .toList();
    }
}
