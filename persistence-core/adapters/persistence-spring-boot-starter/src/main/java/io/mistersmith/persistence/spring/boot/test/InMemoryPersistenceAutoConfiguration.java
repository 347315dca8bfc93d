package io.mistersmith.persistence.spring.boot.test;

import io.mistersmith.persistence.spi.StoreProvider;
import io.mistersmith.persistence.spring.boot.PersistenceAutoConfiguration;
import io.mistersmith.persistence.spring.boot.PersistenceConfigCustomizer;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/** Puts the runtime on in-memory stores, with a clock that the test moves. */
@AutoConfiguration(before = PersistenceAutoConfiguration.class)
class InMemoryPersistenceAutoConfiguration {

  @Bean
  @ConditionalOnMissingBean
  ManualClock persistenceClock() {
    return ManualClock.create();
  }

  @Bean
  @ConditionalOnMissingBean(StoreProvider.class)
  InMemoryStores persistenceStores() {
    return new InMemoryStores();
  }

  @Bean
  PersistenceConfigCustomizer persistenceClockCustomizer(ManualClock clock) {
    return config -> config.clock(clock);
  }
}
