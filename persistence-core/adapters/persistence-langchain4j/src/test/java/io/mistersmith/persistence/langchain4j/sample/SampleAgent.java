package io.mistersmith.persistence.langchain4j.sample;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.memory.ChatMemory;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.service.AiServices;
import dev.langchain4j.service.MemoryId;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.langchain4j.ChatMemories;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.model.AgentId;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The agent: goes on with the conversation wherever it was, up to a number of turns. */
final class SampleAgent {

  /** What LangChain4j implements. */
  interface Assistant {
    String chat(@MemoryId String conversation, @dev.langchain4j.service.UserMessage String text);
  }

  private SampleAgent() {}

  /**
   * Runs the agent, with NATS, the database, its user and password, the conversation, the number of
   * turns, and the point to wait at.
   */
  public static void main(String[] args) {
    try (Persistence persistence = open(args[0], args[1], args[2], args[3])) {
      String conversation = args[4];
      int turns = Integer.parseInt(args[5]);
      Log<String> bookings =
          persistence.log(AgentId.external(conversation), "bookings", String.class);
      BookingTool tool = new BookingTool(bookings, args[6]);
      ChatModel model = new ScriptedModel();
      ChatMemories memories = ChatMemories.builder(persistence).maxMessages(1_000).build();
      ChatMemory memory = memories.of(conversation);
      finishTurn(memory, model, tool);
      Assistant assistant =
          AiServices.builder(Assistant.class)
              .chatModel(model)
              .chatMemoryProvider(memories::of)
              .tools(Map.of(BookingTool.specification(), tool))
              .build();
      long done = memory.messages().stream().filter(UserMessage.class::isInstance).count();
      System.out.println("continues at turn " + (done + 1));
      for (long turn = done + 1; turn <= turns; turn++) {
        String unused = assistant.chat(conversation, ScriptedModel.QUESTION + turn);
      }
    }
  }

  private static Persistence open(String nats, String jdbcUrl, String user, String password) {
    PostgresConfig.Builder postgres = PostgresConfig.builder(jdbcUrl, user).migrateOnOpen();
    if (!password.isEmpty()) {
      postgres.password(password);
    }
    // The prefix of the module's tests: a database belongs to the buckets of one prefix.
    NatsConfig.Builder hot = NatsConfig.builder(nats.split(",")).namePrefix("langchain4j-");
    hot.requestTimeout(Duration.ofSeconds(30)); // on a busy machine, too
    return Persistence.open(PersistenceConfig.builder(hot.build(), postgres.build()).build());
  }

  /** Finishes the turn that the process was killed in: calls its tools again, and the model. */
  private static void finishTurn(ChatMemory memory, ChatModel model, BookingTool tool) {
    List<ChatMessage> messages = memory.messages();
    while (!messages.isEmpty() && !isAnswer(messages.get(messages.size() - 1))) {
      if (messages.get(messages.size() - 1) instanceof AiMessage ai) {
        for (ToolExecutionRequest call : ai.toolExecutionRequests()) {
          memory.add(ToolExecutionResultMessage.from(call, tool.execute(call, memory.id())));
        }
      } else {
        memory.add(model.chat(messages).aiMessage());
      }
      messages = memory.messages();
    }
  }

  private static boolean isAnswer(ChatMessage message) {
    return message instanceof AiMessage ai && !ai.hasToolExecutionRequests();
  }
}
