package io.mistersmith.persistence.bench;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.memory.ChatMemory;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.langchain4j.ChatMemories;
import java.util.List;
import java.util.Optional;

/** A chat memory of LangChain4j that appends. */
final class LangChain4jChat implements Chat {

  private final ChatMemory memory;
  private int count;

  private LangChain4jChat(ChatMemory memory) {
    this.memory = memory;
  }

  /** {@link ChatMemories}. */
  static final class Memories implements Adapter {
    @Override
    public String name() {
      return "langchain4j";
    }

    @Override
    public Chat open(Persistence persistence, String conversation) {
      return new LangChain4jChat(
          ChatMemories.builder(persistence)
              .maxMessages(Integer.MAX_VALUE)
              .build()
              .of(conversation));
    }
  }

  @Override
  public void fill(int messages) throws Exception {
    for (int i = 0; i < messages; i++) {
      next().make();
    }
  }

  @Override
  public Append next() {
    UserMessage message = UserMessage.from(Texts.numbered(count++));
    return () -> memory.add(message);
  }

  @Override
  public Append saying(Said said) {
    ChatMessage message = message(said);
    return () -> memory.add(message);
  }

  static ChatMessage message(Said said) {
    ToolExecutionRequest call =
        ToolExecutionRequest.builder().id(said.id()).name("look").arguments("{}").build();
    return switch (said.part()) {
      case QUESTION -> UserMessage.from(said.text());
      case CALL -> AiMessage.from(call);
      case RESULT -> ToolExecutionResultMessage.from(call, said.text());
      case ANSWER -> AiMessage.from(said.text());
    };
  }

  @Override
  public List<Said> read() {
    return said(memory.messages());
  }

  static List<Said> said(List<ChatMessage> messages) {
    return messages.stream().map(LangChain4jChat::text).flatMap(Optional::stream).toList();
  }

  private static Optional<Said> text(ChatMessage message) {
    if (message instanceof UserMessage question) {
      return Said.parsed(question.singleText());
    }
    if (message instanceof ToolExecutionResultMessage result) {
      return Said.parsed(result.text());
    }
    if (message instanceof AiMessage ai) {
      return ai.hasToolExecutionRequests()
          ? Said.parsed(Said.Part.CALL + ":" + ai.toolExecutionRequests().get(0).id())
          : Said.parsed(ai.text());
    }
    return Optional.empty();
  }
}
