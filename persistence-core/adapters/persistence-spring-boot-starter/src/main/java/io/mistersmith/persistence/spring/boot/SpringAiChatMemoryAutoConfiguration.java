package io.mistersmith.persistence.spring.boot;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.springai.PersistentChatMemoryRepository;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/**
 * Keeps Spring AI's chat memory in the runtime, unless the application has another repository. Runs
 * before Spring AI would take its repository in memory.
 */
@AutoConfiguration(
    after = PersistenceAutoConfiguration.class,
    beforeName =
        "org.springframework.ai.model.chat.memory.autoconfigure.ChatMemoryAutoConfiguration")
@ConditionalOnClass({ChatMemoryRepository.class, PersistentChatMemoryRepository.class})
@ConditionalOnBean(Persistence.class)
@ConditionalOnProperty(
    prefix = "persistence.spring-ai.chat-memory",
    name = "enabled",
    matchIfMissing = true)
@EnableConfigurationProperties(ChatMemoryProperties.class)
class SpringAiChatMemoryAutoConfiguration {

  @Bean
  @ConditionalOnMissingBean(ChatMemoryRepository.class)
  PersistentChatMemoryRepository persistenceChatMemoryRepository(
      Persistence persistence, ChatMemoryProperties properties) {
    return PersistentChatMemoryRepository.builder(persistence)
        .name(properties.name())
        .keep(properties.limits())
        .remember(properties.remember())
        .trustMemory(properties.trustMemory())
        .build();
  }
}
