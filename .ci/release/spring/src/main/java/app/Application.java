// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
package app;

import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/** README's ten lines in an executable jar of Spring Boot. */
@SpringBootApplication
public class Application {

    public static void main(String[] args) {
        SpringApplication.run(Application.class, args);
    }

    @Bean
    CommandLineRunner tenLines() {
        return arguments -> TenLines.main(arguments);
    }
}
