package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.MonitoringConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.alert.LogSink;
import io.mistersmith.persistence.core.alert.WebhookSink;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How alerts find their receivers. */
class AlertsTest {

  private final List<String> shown = new ArrayList<>();

  private void show(String line) {
    shown.add(line);
  }

  @Test
  void receiversHaveNames() {
    String token = "secret";
    MonitoringConfig monitoring =
        MonitoringConfig.builder()
            .sink("log", new LogSink())
            .sink(
                "pager",
                WebhookSink.to(URI.create("https://alerts.example.com/hook"))
                    .header("Authorization", "Bearer " + token)
                    .build())
            .sink("screen", change -> show(change.change() + ": " + change.alert().message()))
            .build();
    assertThat(monitoring.toString()).contains("[log, pager, screen]").doesNotContain(token);
    try (Persistence persistence =
        Persistence.open(
            PersistenceConfig.inMemory().monitoring(monitoring).build(), new InMemoryStores())) {
      assertThat(persistence.operations().alerts().open()).isEmpty();
      assertThat(shown).isEmpty();
    }
  }
}
