package io.mistersmith.persistence.springai;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.AssistantMessage.ToolCall;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage.ToolResponse;
import org.springframework.ai.content.MediaContent;

/** A message with its place in the log. Thread-safe. */
final class Slot {

  /** The version of the turn that added it. */
  final long version;

  /** The first version that has messages of that turn. */
  final long from;

  /** Its number among the turn's messages; negative for one of a head. */
  final int index;

  /** The ids of the tools' calls that it makes, and of those that it has results of. */
  final List<@Nullable String> calls;

  final List<@Nullable String> results;

  private final Map<String, Object> json;
  private volatile Given given;

  /** What callers were given, with its hash then: a message can be changed by its holder. */
  private record Given(Message message, int hash) {}

  /**
   * Where a message is.
   *
   * @param version the version of the turn that added it
   * @param index its number among the turn's messages
   */
  record Place(long version, int index) {}

  Slot(long version, long from, int index, Map<String, Object> json) {
    this.version = version;
    this.from = from;
    this.index = index;
    this.json = json;
    this.given = given(json);
    this.calls =
        given.message instanceof AssistantMessage assistant
            ? ids(assistant.getToolCalls(), ToolCall::id)
            : Collections.emptyList();
    this.results =
        given.message instanceof ToolResponseMessage tool
            ? ids(tool.getResponses(), ToolResponse::id)
            : Collections.emptyList();
  }

  private static <T> List<@Nullable String> ids(List<T> of, Function<T, @Nullable String> id) {
    return of.isEmpty() ? Collections.emptyList() : of.stream().map(id).toList();
  }

  private static Given given(Map<String, Object> json) {
    Message message = MessageJson.read(json);
    return new Given(message, hash(message));
  }

  /** Most messages are a text alone, which only additions change: so long lists compare fast. */
  private static int hash(Message message) {
    List<?> media = message instanceof MediaContent content ? content.getMedia() : List.of();
    Map<String, Object> metadata = message.getMetadata();
    boolean isTextAlone =
        metadata.size() == 1 // the type of the message
            && media.isEmpty()
            && !(message instanceof ToolResponseMessage)
            && !(message instanceof AssistantMessage assistant && assistant.hasToolCalls());
    return isTextAlone ? 0 : 31 * message.hashCode() + media.hashCode();
  }

  Place place() {
    return new Place(version, index);
  }

  /** Returns the message: a new one if the last one was changed by its holder. */
  Message message() {
    Given last = given;
    if (hash(last.message) != last.hash) {
      last = given(json);
      given = last;
    }
    return last.message;
  }

  /** Returns the message that callers were given last, even if its holder has changed it. */
  Message last() {
    return given.message;
  }

  /** Returns whether it is the very message that callers were given, unchanged. */
  boolean gave(Message message) {
    Given last = given;
    return last.message == message && hash(message) == last.hash;
  }

  /** Returns whether the message is the same as this one. */
  boolean holds(Message message) {
    return gave(message)
        || (message.getMessageType() == given.message.getMessageType()
            && json.equals(MessageJson.of(message)));
  }
}
