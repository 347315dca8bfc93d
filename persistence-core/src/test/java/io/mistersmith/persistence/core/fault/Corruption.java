package io.mistersmith.persistence.core.fault;

import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Consistency.Inconsistency.Kind;
import io.nats.client.impl.Headers;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Ways to make the stores disagree about a key past the library, and what a check calls them. */
enum Corruption {
  VALUE_CHANGED_BEHIND_ITS_CHECKSUM(Kind.VALUE_DIFFERS, "SET state_value = '-7'"),
  CHECKSUM_CHANGED(Kind.VALUE_DIFFERS, "SET checksum = 'none'"),
  END_CHANGED(Kind.VALUE_DIFFERS, "SET expires_at = '2099-01-01'"),
  DELETED_BY_A_TOMBSTONE(Kind.VALUE_DIFFERS, "SET deleted_at = now()"),
  ROW_DELETED(Kind.MISSING_IN_SQL, null),
  REVISION_LOWERED(Kind.SQL_BEHIND, "SET version = 1"),
  OLDER_VALUE_PUT_BACK(Kind.SQL_BEHIND, "SET version = 1, state_value = '-7', checksum = NULL"),
  REVISION_OF_ANOTHER_KEY(Kind.SQL_AHEAD, "SET state_value = '-7', version = version + 1"),
  COPY_IN_KV_FORGED(Kind.STALE_HYDRATION, null),
  ROW_PUT_BACK_BEHIND_ITS_COPY(Kind.SQL_BEHIND, "SET version = 1, state_value = '-7'");

  /** The value to be written before. */
  static final long WRITTEN = 42;

  private final Kind kind;
  private final @Nullable String set;

  Corruption(Kind kind, @Nullable String set) {
    this.kind = kind;
    this.set = set;
  }

  Kind kind() {
    return kind;
  }

  /**
   * Corrupts {@code key}, whose last write was {@link #WRITTEN}, has this revision and is flushed.
   */
  void apply(Installation installation, Streams streams, StateKey key, Revision revision) {
    String where = " WHERE agent_id = '%s' AND state_key = '%s'".formatted(key.agent(), key.path());
    switch (this) {
      case ROW_DELETED -> installation.execute("DELETE FROM agents.state" + where);
      case COPY_IN_KV_FORGED -> copy(streams, key, revision, -8);
      case ROW_PUT_BACK_BEHIND_ITS_COPY -> {
        long copied = copy(streams, key, revision, WRITTEN);
        await().atMost(Duration.ofSeconds(60)).until(() -> installation.position() >= copied);
        update(installation, where);
      }
      default -> update(installation, where);
    }
  }

  private void update(Installation installation, String where) {
    installation.execute(
        "SET session_replication_role = replica; UPDATE agents.state " + set + where);
  }

  private static long copy(Streams streams, StateKey key, Revision revision, long value) {
    String subject = Installation.tail(key.agent(), key.path());
    streams.evict(subject);
    return streams.publish(
        subject,
        String.valueOf(value),
        new Headers().put("Persistence-Revision", String.valueOf(revision)));
  }
}
