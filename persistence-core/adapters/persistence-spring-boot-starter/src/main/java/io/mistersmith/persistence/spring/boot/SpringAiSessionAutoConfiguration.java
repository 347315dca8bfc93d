package io.mistersmith.persistence.spring.boot;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.springai.PersistentSessionRepository;
import org.springframework.ai.session.SessionRepository;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;

/**
 * Keeps the sessions of Spring AI in the runtime, unless the application has another repository.
 * The service of sessions then takes this one.
 */
@AutoConfiguration(
    after = PersistenceAutoConfiguration.class,
    beforeName = "org.springaicommunity.session.autoconfigure.SessionServiceAutoConfiguration")
@ConditionalOnClass({SessionRepository.class, PersistentSessionRepository.class})
@ConditionalOnBean(Persistence.class)
@ConditionalOnProperty(
    prefix = "persistence.spring-ai.session",
    name = "enabled",
    matchIfMissing = true)
class SpringAiSessionAutoConfiguration {

  @Bean
  @ConditionalOnMissingBean(SessionRepository.class)
  PersistentSessionRepository persistenceSessionRepository(Persistence persistence) {
    return PersistentSessionRepository.of(persistence);
  }
}
