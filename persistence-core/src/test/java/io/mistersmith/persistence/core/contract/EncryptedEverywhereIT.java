package io.mistersmith.persistence.core.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.saga.CrossStoreOptions;
import io.mistersmith.persistence.saga.CrossStoreOptions.Strategy;
import io.mistersmith.persistence.saga.EntryChange;
import io.mistersmith.persistence.security.EncryptionConfig;
import io.mistersmith.persistence.security.KeyProvider;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Looks for the values of encrypted entries in every table of the catalog and in every message of
 * every stream, which is all that a backup has. The same work without encryption shows where they
 * would be.
 */
@Tag("contract")
@Tag("newest")
class EncryptedEverywhereIT {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String PLAIN = "plain7f3c";
  private static final String SECRET = "secret7f3c";
  private static final StateType<String> TYPED = StateType.of("typed", String.class);
  private static final StateType<String> FLEETING =
      StateType.of("fleeting", String.class).in(DataType.SESSION_DATA);

  private final RealServers fixture = RealServers.withSets("audit", "events");

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void noTableOrStreamHasAValue() throws Exception {
    work(fixture.config().build(), PLAIN);
    assertThat(fixture.tablesWith(PLAIN))
        .contains(
            "agents.state",
            "agents.log_entries",
            "agents.value_chunks",
            "agents.checkpoints",
            "agents.dead_letters",
            "audit.change_log");
    assertThat(fixture.streamsWith(PLAIN)).hasSizeGreaterThanOrEqualTo(3);

    KeyProvider keys = KeyProvider.inMemory(Map.of("main", new byte[32]));
    EncryptionConfig encryption = EncryptionConfig.builder(keys, "main").keyOfEachOwner().build();
    work(fixture.config().encryption(encryption).build(), SECRET);

    assertThat(fixture.tablesWith(SECRET)).isEmpty();
    assertThat(fixture.streamsWith(SECRET)).isEmpty();
  }

  /** Writes a value in each way that writes entries, until all stores have it. */
  private void work(PersistenceConfig config, String value) throws Exception {
    try (Persistence runtime = fixture.open(config)) {
      AgentId agent = runtime.agents().save(Agent.of("encrypted", "one")).value().id();
      writeEntries(runtime, agent, value);
      writeLarge(runtime, agent, value);
      Log<String> log = runtime.log(agent, "turns", String.class);
      long last = log.appendAll(List.of(value + 1, value + 2, value + 3));
      long unusedSummary = log.compact(last, "summary " + value, 1);
      log.awaitDurable(log.append(value + 4), SOON);
      assertThat(runtime.queries("names", String.class).get("all", () -> value)).isEqualTo(value);
      runtime.lifecycle().flush(agent, SOON);
      var unusedCheckpoint = runtime.checkpoints().create(agent, CheckpointOptions.full());
      var unusedLost =
          runtime.states(String.class).save(StateKey.of(AgentId.random(), "lost"), value);
      Awaitility.await().atMost(SOON).until(() -> runtime.operations().deadLetters().count() > 0);
    }
    Awaitility.await()
        .atMost(SOON)
        .until(
            () -> fixture.query("SELECT changes::text FROM events.backlog()"),
            List.of("0")::equals);
  }

  private static void writeEntries(Persistence runtime, AgentId agent, String value) {
    for (int version = 0; version < 3; version++) {
      var unused = runtime.states(String.class).save(StateKey.of(agent, "note"), value + version);
    }
    var unused =
        runtime.states(FLEETING).save(StateKey.of(agent, "note").withType(FLEETING.name()), value);
    runtime.step().save(TYPED, StateKey.of(agent, "step"), value).commit();
    for (Strategy strategy : Strategy.values()) {
      boolean unusedDone =
          runtime
              .crossStore()
              .run(
                  CrossStoreOptions.of(strategy, "write over both stores"),
                  both -> {
                    both.write(EntryChange.put(TYPED, agent, strategy.name(), value));
                    return true;
                  });
    }
  }

  private static void writeLarge(Persistence runtime, AgentId agent, String value)
      throws IOException {
    var unused =
        runtime
            .largeValues()
            .write(
                StateKey.of(agent, "large"),
                new ByteArrayInputStream(value.repeat(100_000).getBytes(UTF_8)),
                SaveOptions.unconditional());
  }
}
