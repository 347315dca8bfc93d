package io.mistersmith.persistence.testkit.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.AgentStore;
import io.mistersmith.persistence.spi.ApplyResult;
import io.mistersmith.persistence.spi.JournalPosition;
import io.mistersmith.persistence.spi.Operation;
import io.mistersmith.persistence.spi.StateChange;
import io.mistersmith.persistence.spi.StoredState;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** What the contracts about the durable store have in common: a journal that is applied to it. */
public abstract class DurableContract extends StoresContract {

  /** The journal's bucket. */
  static final String BUCKET = "CONTRACT_STATE";

  /** When its stream was made; no multiple of a microsecond. */
  static final Instant CREATED = Instant.parse("2026-01-02T03:04:05.123456789Z");

  /** For the contracts. */
  DurableContract() {}

  final UUID register() {
    Agent agent = Agent.of("contract", "one");
    stores().agents().save(agent, AgentStore.NONE);
    return agent.id();
  }

  /** The position, in a first epoch that is begun if there is none. */
  final JournalPosition position() {
    return stores()
        .journals()
        .position(BUCKET)
        .orElseGet(
            () -> stores().journals().startEpoch(BUCKET, Optional.empty(), 1, CREATED, "first"));
  }

  /** Applies the changes as the next batch, of as many messages. */
  final ApplyResult.Applied apply(StateChange... changes) {
    return apply(List.of(changes));
  }

  final ApplyResult.Applied apply(List<StateChange> changes) {
    JournalPosition previous = position();
    JournalPosition next =
        previous.advancedTo(previous.sequence() + Math.max(1, changes.size()), now());
    ApplyResult result = stores().journals().apply(previous, next, changes);
    assertThat(result).isInstanceOf(ApplyResult.Applied.class);
    return (ApplyResult.Applied) result;
  }

  final Instant now() {
    return config().build().clock().instant();
  }

  final StateChange put(StateKey key, Revision revision, String json) {
    return put(key, revision, json, Optional.empty());
  }

  final StateChange put(StateKey key, Revision revision, String json, Optional<Instant> expiresAt) {
    return new StateChange(
        "$KV." + BUCKET + "." + key,
        Optional.of(key),
        Operation.PUT,
        json.getBytes(UTF_8),
        revision,
        now(),
        expiresAt);
  }

  final StateChange delete(StateKey key, Revision revision) {
    return delete(key, revision, now());
  }

  final StateChange delete(StateKey key, Revision revision, Instant writtenAt) {
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
    return stores().states().find(key).orElseThrow();
  }

  final String json(StateKey key) {
    return compact(row(key).value());
  }

  static Revision at(long sequence) {
    return new Revision(1, sequence);
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
