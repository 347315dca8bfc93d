package io.mistersmith.persistence.spring.sample;

import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.MessageWindowChatMemory;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;

/** The application: the starter opens the library, and gives Spring AI its repository. */
@SpringBootApplication
class BookingApplication {

  /** Runs the turns that are left, with properties such as {@code --sample.turns=20}. */
  public static void main(String[] args) {
    ConfigurableApplicationContext context =
        new SpringApplicationBuilder(BookingApplication.class).run(args);
    context.close();
  }

  /** All messages; the memory that Spring AI configures forgets all but the last twenty. */
  @Bean
  ChatMemory chatMemory(ChatMemoryRepository repository) {
    return MessageWindowChatMemory.builder()
        .chatMemoryRepository(repository)
        .maxMessages(1_000)
        .build();
  }
}
