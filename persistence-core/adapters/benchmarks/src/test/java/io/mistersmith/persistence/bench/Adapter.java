package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.Persistence;
import java.util.List;

/** An adapter, and how to write a conversation by it. */
interface Adapter {

  /** Returns all adapters. */
  static List<Adapter> all() {
    return List.of(
        new LangChain4jChat.Memories(),
        new LangChain4jStoreChat.Stores(),
        new SpringAiChat.Memories(),
        new SpringAiSessionChat.Sessions(),
        new LangGraph4jChat.Savers(),
        new AdkChat.Services(),
        new AgentScopeChat.Stores(),
        new A2aChat.Stores());
  }

  /** Returns the name, such as {@code langchain4j}. */
  String name();

  /** Returns the parts of a turn that the framework has messages for. */
  default List<Said.Part> parts() {
    return List.of(Said.Part.values());
  }

  /**
   * Whether the framework hands over all messages that it shows with each one that it adds, so that
   * applications show it the last ones alone. A reader then has to look while writers write.
   */
  default boolean showsLastOnly() {
    return false;
  }

  /** Creates the conversation, before any process opens it. */
  default void create(Persistence persistence, String conversation) {}

  /** Opens the conversation in this process. */
  Chat open(Persistence persistence, String conversation);
}
