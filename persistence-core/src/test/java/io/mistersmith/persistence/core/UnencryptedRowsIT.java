package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.security.EncryptionConfig;
import io.mistersmith.persistence.security.EncryptionConfig.Mode;
import io.mistersmith.persistence.security.KeyProvider;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Rows that somebody with rights in the database replaced by plaintext. A runtime that encrypts
 * must not take them, as savers of checkpoints do that decrypt only what says it is encrypted.
 */
@Tag("contract")
@Tag("newest")
class UnencryptedRowsIT {

  private static final Duration SOON = Duration.ofSeconds(60);

  private final String jdbcUrl = MigratedDatabase.create();

  /** An agent with an entry, a log of one entry, and a checkpoint. */
  private record Written(AgentId agent, UUID checkpoint) {

    static Written by(Persistence persistence, String text) {
      AgentId agent = persistence.agents().save(Agent.of("worker", text)).value().id();
      persistence.states(String.class).save(StateKey.of(agent, "k"), text);
      long version = persistence.log(agent, "steps", String.class).append(text);
      persistence.log(agent, "steps", String.class).awaitDurable(version, SOON);
      UUID checkpoint = persistence.checkpoints().create(agent, CheckpointOptions.full()).id();
      return new Written(agent, checkpoint);
    }

    String state(Persistence persistence) {
      return persistence.states(String.class).find(StateKey.of(agent, "k")).orElseThrow().value();
    }

    String logged(Persistence persistence) {
      return persistence.log(agent, "steps", String.class).tail(1).get(0).value();
    }

    String copied(Persistence persistence) {
      return Objects.requireNonNull(
              persistence.checkpoints().read(checkpoint, String.class).get(StateKey.of(agent, "k")))
          .value();
    }
  }

  @Test
  void rowsOfPlaintextAreRefused() throws SQLException {
    Written forged;
    try (Persistence plain = open(Optional.empty())) {
      forged = Written.by(plain, "forged");
    }
    Written victim;
    try (Persistence strict = open(Optional.of(Mode.STRICT))) {
      victim = Written.by(strict, "mine");
    }
    try (Persistence elsewhere = open(Optional.of(Mode.STRICT))) {
      assertThat(victim.state(elsewhere)).isEqualTo("mine");
    }
    replace(victim, forged);

    // Each runtime has buckets of its own, so that it reads rows.
    try (Persistence strict = open(Optional.of(Mode.STRICT))) {
      assertRefused(() -> victim.state(strict));
      assertRefused(() -> victim.logged(strict));
      assertRefused(() -> victim.copied(strict));
    }
    try (Persistence migrating = open(Optional.of(Mode.MIGRATION))) {
      assertThat(victim.state(migrating)).isEqualTo("forged");
      assertThat(victim.logged(migrating)).isEqualTo("forged");
      assertThat(victim.copied(migrating)).isEqualTo("forged");
    }
  }

  private static void assertRefused(ThrowingCallable read) {
    assertThatThrownBy(read)
        .isInstanceOfSatisfying(
            NonTransientPersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.UNREADABLE));
  }

  private void replace(Written victim, Written forged) throws SQLException {
    PostgresServer server = TestServers.postgres();
    try (Connection connection =
            DriverManager.getConnection(jdbcUrl, server.user(), server.password().orElse(""));
        Statement statement = connection.createStatement()) {
      statement.execute(
          """
          UPDATE agents.state AS s
             SET state_value = f.state_value,
                 state_document = f.state_document,
                 checksum = f.checksum
            FROM agents.state AS f
           WHERE f.agent_id = '%2$s' AND f.state_key = s.state_key AND s.agent_id = '%1$s';
          UPDATE agents.log_entries AS l
             SET entry = f.entry, checksum = f.checksum
            FROM agents.log_entries AS f
           WHERE f.agent_id = '%2$s' AND f.log = l.log AND l.agent_id = '%1$s';
          UPDATE agents.checkpoints AS c
             SET state_snapshot = f.state_snapshot
            FROM agents.checkpoints AS f
           WHERE f.agent_id = '%2$s' AND c.agent_id = '%1$s';
          """
              .formatted(victim.agent(), forged.agent()));
    }
  }

  private Persistence open(Optional<Mode> mode) {
    PostgresServer server = TestServers.postgres();
    PostgresConfig.Builder postgres = PostgresConfig.builder(jdbcUrl, server.user());
    server.password().ifPresent(postgres::password);
    String prefix = "unencrypted-" + UUID.randomUUID().toString().substring(0, 8) + "-";
    PersistenceConfig.Builder config =
        PersistenceConfig.builder(
            NatsConfig.builder(TestServers.nats().url()).namePrefix(prefix).build(),
            postgres.build());
    KeyProvider keys = KeyProvider.inMemory(Map.of("main", new byte[32]));
    mode.ifPresent(
        value -> config.encryption(EncryptionConfig.builder(keys, "main").mode(value).build()));
    return Persistence.open(config.build());
  }
}
