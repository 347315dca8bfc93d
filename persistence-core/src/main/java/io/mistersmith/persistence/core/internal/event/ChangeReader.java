package io.mistersmith.persistence.core.internal.event;

import io.mistersmith.persistence.core.internal.codec.JsonMembers;
import io.mistersmith.persistence.event.Change;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.spi.sql.OutboxChange.Kind;
import io.mistersmith.persistence.stream.StreamMessage;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Reads the messages that {@link ChangeMessages} makes. */
final class ChangeReader {

  private ChangeReader() {}

  /**
   * Returns the change of a message.
   *
   * @throws UnreadableChangeException for a message that this library did not publish as a change
   */
  static Change read(StreamMessage<byte[]> message) {
    try {
      Map<String, String> headers = message.headers();
      Kind kind = Kind.valueOf(header(message, ChangeMessages.KIND));
      JsonMembers members = JsonMembers.of(message.value());
      Change.Source source =
          new Change.Source(
              message.id(),
              Long.parseLong(header(message, ChangeMessages.TRANSACTION)),
              Instant.parse(header(message, ChangeMessages.AT)),
              Optional.ofNullable(headers.get(ChangeMessages.REFERENCE)).map(Long::valueOf));
      return switch (kind) {
        case STATE_TRUNCATE, TASK_TRUNCATE -> truncated(kind, source, members);
        case STATE_INSERT, STATE_UPDATE, STATE_DELETE -> state(kind, source, members);
        default -> task(kind, source, members);
      };
    } catch (IllegalArgumentException
        | DateTimeException
        | io.mistersmith.persistence.error.PersistenceException e) {
      throw new UnreadableChangeException(message, e);
    }
  }

  private static String header(StreamMessage<byte[]> message, String name) {
    String value = message.headers().get(name);
    if (value == null) {
      throw new IllegalArgumentException("it has no header " + name);
    }
    return value;
  }

  private static Change truncated(Kind kind, Change.Source source, JsonMembers members) {
    return new Change.Truncated(
        source, members.text("table").orElse(kind.isOfTasks() ? "tasks.queue" : "agents.state"));
  }

  private static Change state(Kind kind, Change.Source source, JsonMembers members) {
    return new Change.StateChanged(
        source,
        switch (kind) {
          case STATE_INSERT -> Change.Operation.INSERT;
          case STATE_DELETE -> Change.Operation.DELETE;
          default -> Change.Operation.UPDATE;
        },
        UUID.fromString(required(members, "agent_id")),
        members.text("owner"),
        required(members, "state_key"),
        members.json("old_value"),
        members.json("new_value"),
        new Revision.OfJournal(
            Long.parseLong(required(members, "epoch")),
            Long.parseLong(required(members, "version"))));
  }

  private static Change task(Kind kind, Change.Source source, JsonMembers members) {
    return new Change.TaskChanged(
        source,
        kind.verb(),
        UUID.fromString(required(members, "task_id")),
        members.text("task_type"),
        members.text("status"),
        members.text("previous_status"),
        members.text("assigned_agent_id").map(UUID::fromString),
        members.text("priority"),
        members.json("metadata"));
  }

  private static String required(JsonMembers members, String name) {
    return members
        .text(name)
        .orElseThrow(() -> new IllegalArgumentException("its payload has no " + name));
  }
}
