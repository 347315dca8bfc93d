package io.mistersmith.persistence.core.internal.event;

import io.mistersmith.persistence.core.internal.codec.Json;
import io.mistersmith.persistence.spi.hot.StreamStore.Outgoing;
import io.mistersmith.persistence.spi.sql.OutboxChange;
import io.mistersmith.persistence.stream.StreamPlan;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * The messages of changes: stream, subject, id, headers and body. The headers have names of their
 * own, since handlers see no header that begins with {@code Persistence-}.
 */
public final class ChangeMessages {

  /** The stream of agents' state. */
  public static final String STATE = StreamPlan.agentState().name();

  /** The stream of tasks. */
  public static final String TASKS = StreamPlan.taskExecution().name();

  /** The subject of a truncation of agents' state. */
  public static final String STATE_TRUNCATED = "agents.state.truncated";

  /** The subject of a truncation of the queue of tasks. */
  public static final String TASKS_TRUNCATED = "tasks.deleted.truncated";

  static final String KIND = "Change-Kind";
  static final String TRANSACTION = "Change-Transaction";
  static final String BATCH = "Change-Batch";
  static final String AT = "Change-At";
  static final String TENANT = "Change-Tenant";
  static final String REFERENCE = "Change-Reference";

  /** More than subject, id and headers take. */
  private static final int AROUND = 1024;

  private ChangeMessages() {}

  /** Returns the largest payload that fits into a message, of a server with this limit. */
  static int largestPayload(int maxPayload) {
    int bound = StreamPlan.agentState().maxMessageBytes().orElse(maxPayload);
    return Math.max(1, Math.min(maxPayload, bound) - AROUND);
  }

  static String stream(OutboxChange change) {
    return change.kind().isOfTasks() ? TASKS : STATE;
  }

  /**
   * Returns the id of the message. A database that was put back to an earlier state hands out ids
   * again, for changes of another time: without the time, the stream would drop the new change as a
   * duplicate of the old one.
   */
  static String id(OutboxChange change) {
    return change.id() + "-" + Long.toString(micros(change.at()), Character.MAX_RADIX);
  }

  private static long micros(Instant time) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, time);
  }

  /** The message of a change whose payload was read, or else of one that goes by reference. */
  static Outgoing message(OutboxChange change, long batch) {
    return change.payload().isPresent()
        ? message(change, batch, change.payload().get().getBytes(StandardCharsets.UTF_8), false)
        : reference(change, batch);
  }

  /** The message of a change that is too large: what names the row, and the size. */
  static Outgoing reference(OutboxChange change, long batch) {
    Map<String, Object> named = new LinkedHashMap<>();
    if (change.kind().isOfTasks()) {
      named.put("task_id", change.subject().map(UUID::toString).orElse(""));
    } else {
      named.put("operation", change.kind().verb().toUpperCase(Locale.ROOT));
      named.put("agent_id", change.subject().map(UUID::toString).orElse(""));
      named.put("state_key", change.stateKey().orElse(""));
      named.put("epoch", change.epoch());
      named.put("version", change.version());
    }
    named.put("by_reference", true);
    named.put("size", change.size());
    return message(change, batch, Json.mapping(Object.class).encode(named), true);
  }

  private static Outgoing message(
      OutboxChange change, long batch, byte[] body, boolean isReference) {
    Map<String, String> headers = new HashMap<>();
    headers.put(KIND, change.kind().name());
    headers.put(TRANSACTION, Long.toString(change.transaction()));
    headers.put(BATCH, Long.toString(batch));
    headers.put(AT, change.at().toString());
    change.tenant().ifPresent(tenant -> headers.put(TENANT, tenant.toString()));
    if (isReference) {
      headers.put(REFERENCE, Integer.toString(change.size()));
    }
    return new Outgoing(stream(change), subject(change), Optional.of(id(change)), headers, body);
  }

  private static String subject(OutboxChange change) {
    return switch (change.kind()) {
      case STATE_TRUNCATE -> STATE_TRUNCATED;
      case TASK_TRUNCATE -> TASKS_TRUNCATED;
      case STATE_INSERT, STATE_UPDATE, STATE_DELETE ->
          "agents.state." + change.subject().map(UUID::toString).orElse("unknown");
      default ->
          "tasks."
              + change.kind().verb()
              + "."
              + change.subject().map(UUID::toString).orElse("unknown");
    };
  }

  /** Returns how long ago a change was made, by two clocks. */
  static Duration age(OutboxChange change, Instant now) {
    Duration age = Duration.between(change.at(), now);
    return age.isNegative() ? Duration.ZERO : age;
  }
}
