package io.mistersmith.persistence.testkit.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.JournalStore.ApplyResult;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The common part of the contracts about the durable store: a journal that is applied to it. */
public abstract class DurableContract extends StoresContract {

  /** The journal's bucket. */
  static final String BUCKET = "CONTRACT_STATE";

  /** When its stream was made; no multiple of a microsecond. */
  static final Instant CREATED = Instant.parse("2026-01-02T03:04:05.123456789Z");

  /** For the contracts. */
  DurableContract() {}

  final AgentId register() {
    Agent agent = Agent.of("contract", "one");
    stores().sql().agents().save(agent, AgentStore.NONE);
    return agent.id();
  }

  /** The position, in a first epoch that is begun if there is none. */
  final JournalPosition position() {
    return stores()
        .sql()
        .journals()
        .position(BUCKET)
        .orElseGet(
            () ->
                stores()
                    .sql()
                    .journals()
                    .startEpoch(BUCKET, Optional.empty(), 1, CREATED, "first"));
  }

  /** Applies the changes as the next batch, of as many messages. */
  final ApplyResult.Applied apply(StateChange... changes) {
    return apply(List.of(changes));
  }

  final ApplyResult.Applied apply(List<StateChange> changes) {
    JournalPosition previous = position();
    JournalPosition next =
        previous.advancedTo(previous.sequence() + Math.max(1, changes.size()), now());
    ApplyResult result = stores().sql().journals().apply(previous, next, changes);
    assertThat(result).isInstanceOf(ApplyResult.Applied.class);
    return (ApplyResult.Applied) result;
  }

  final Instant now() {
    return config().build().clock().instant();
  }

  final StateChange put(StateKey key, Revision.OfJournal revision, String json) {
    return put(key, revision, json, Optional.empty());
  }

  final StateChange put(
      StateKey key, Revision.OfJournal revision, String json, Optional<Instant> expiresAt) {
    return new StateChange(
        "$KV." + BUCKET + "." + key,
        Optional.of(key),
        Operation.PUT,
        json.getBytes(UTF_8),
        revision,
        now(),
        expiresAt);
  }

  final StateChange delete(StateKey key, Revision.OfJournal revision) {
    return delete(key, revision, now());
  }

  final StateChange delete(StateKey key, Revision.OfJournal revision, Instant writtenAt) {
    return new StateChange(
        "$KV." + BUCKET + "." + key,
        Optional.of(key),
        Operation.DELETE,
        new byte[0],
        revision,
        writtenAt,
        Optional.empty());
  }

  final StoredState row(StateKey key) {
    return stores().sql().states().find(key).orElseThrow();
  }

  final String json(StateKey key) {
    return compact(row(key).value());
  }

  static Revision.OfJournal at(long sequence) {
    return new Revision.OfJournal(1, sequence);
  }

  /** JSON without the white space between its parts, which a store may add or take away. */
  static String compact(byte[] json) {
    String text = new String(json, UTF_8);
    StringBuilder compact = new StringBuilder();
    boolean inString = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (inString && c == '\\') {
        compact.append(c);
        i++;
        compact.append(text.charAt(i));
        continue;
      }
      inString ^= c == '"';
      if (inString || !Character.isWhitespace(c)) {
        compact.append(c);
      }
    }
    return compact.toString();
  }
}
