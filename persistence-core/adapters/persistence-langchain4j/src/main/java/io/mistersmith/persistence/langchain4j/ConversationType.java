package io.mistersmith.persistence.langchain4j;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.log.Log.Limits;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.state.StateType;
import java.util.Optional;
import java.util.function.Function;

/**
 * Where the conversations of one type are kept, and how much of them. Immutable.
 *
 * @param owner names the owner of a conversation; empty when each conversation is its own owner
 */
record ConversationType(
    Persistence persistence, Optional<Function<Object, AgentId>> owner, Limits limits) {

  private static final MessageCodec CODEC = new MessageCodec();
  private static final String ONLY = "messages";

  Conversation conversation(Object memoryId, String kind, int most) {
    StateType<StoredMessage> entries = StateType.of(kind, StoredMessage.class).withCodec(CODEC);
    Log<StoredMessage> log = persistence.log(owner(memoryId), name(memoryId), entries);
    return new Conversation(log, limits, most);
  }

  /** Returns the owner of a conversation. */
  AgentId owner(Object memoryId) {
    return owner.map(of -> of.apply(memoryId)).orElseGet(() -> AgentId.external(text(memoryId)));
  }

  /** Returns the name of a conversation among those of its owner. */
  String name(Object memoryId) {
    return owner.isPresent() ? text(memoryId) : ONLY;
  }

  private static String text(Object memoryId) {
    return memoryId.toString();
  }
}
