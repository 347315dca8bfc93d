package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.springai.PersistentChatMemoryRepository;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.MessageWindowChatMemory;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.AssistantMessage.ToolCall;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage.ToolResponse;
import org.springframework.ai.chat.messages.UserMessage;

/** A window memory of Spring AI over the repository. */
final class SpringAiChat implements Chat {

  private static final int WINDOW = 1_000;

  private final ChatMemoryRepository repository;
  private final String conversation;
  private final ChatMemory memory;
  private int count;

  private SpringAiChat(ChatMemoryRepository repository, String conversation) {
    this.repository = repository;
    this.conversation = conversation;
    this.memory =
        MessageWindowChatMemory.builder()
            .chatMemoryRepository(repository)
            .maxMessages(WINDOW)
            .build();
  }

  /** {@link PersistentChatMemoryRepository}. */
  static final class Memories implements Adapter {
    @Override
    public String name() {
      return "springai.memory";
    }

    @Override
    public boolean showsLastOnly() {
      return true;
    }

    @Override
    public Chat open(Persistence persistence, String conversation) {
      return new SpringAiChat(PersistentChatMemoryRepository.of(persistence), conversation);
    }
  }

  @Override
  public void fill(int messages) {
    List<Message> all = new ArrayList<>();
    for (int i = 0; i < messages; i++) {
      all.add(new UserMessage(Texts.numbered(count++)));
    }
    repository.saveAll(conversation, all);
  }

  /** The read that comes before a save, in a window memory too, is not timed. */
  @Override
  public Append next() {
    List<Message> all = new ArrayList<>(repository.findByConversationId(conversation));
    all.add(new UserMessage(Texts.numbered(count++)));
    return () -> repository.saveAll(conversation, all);
  }

  @Override
  public Append saying(Said said) {
    Message message = message(said);
    return () -> memory.add(conversation, message);
  }

  static Message message(Said said) {
    return switch (said.part()) {
      case QUESTION -> new UserMessage(said.text());
      case CALL ->
          AssistantMessage.builder()
              .content(said.text())
              .toolCalls(List.of(new ToolCall(said.id(), "function", "look", "{}")))
              .build();
      case RESULT ->
          ToolResponseMessage.builder()
              .responses(List.of(new ToolResponse(said.id(), "look", said.text())))
              .build();
      case ANSWER -> new AssistantMessage(said.text());
    };
  }

  @Override
  public List<Said> read() {
    return repository.findByConversationId(conversation).stream()
        .map(SpringAiChat::said)
        .flatMap(Optional::stream)
        .toList();
  }

  static Optional<Said> said(Message message) {
    String text =
        message instanceof ToolResponseMessage result
            ? result.getResponses().get(0).responseData()
            : message.getText();
    return text == null ? Optional.empty() : Said.parsed(text);
  }
}
