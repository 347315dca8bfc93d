package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The first example of the README does what it says. */
class FirstStepsIT {

  @Test
  void opensPutsGetsComparesAwaitsAndCloses() {
    PostgresServer postgres = TestServers.postgres();
    String url =
        postgres.jdbcUrl() + postgres.password().map(secret -> "?password=" + secret).orElse("");
    PrintStream before = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      FirstSteps.main(new String[] {TestServers.nats().url(), url, postgres.user()});
    } finally {
      System.setOut(before);
    }
    assertThat(printed.toString(StandardCharsets.UTF_8))
        .contains("Cursor[step=2, tool=summarise] is durable as revision ");
  }
}
