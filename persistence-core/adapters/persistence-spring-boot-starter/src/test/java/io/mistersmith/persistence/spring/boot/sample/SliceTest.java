package io.mistersmith.persistence.spring.boot.sample;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.spring.boot.JacksonCodecs;
import io.mistersmith.persistence.spring.boot.test.PersistenceTest;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Import;

class SliceTest {

  @Nested
  @PersistenceTest(properties = "persistence.runtime-name=slice")
  @Import(Notes.class)
  class WithAComponentUnderTest {

    @Autowired Notes notes;
    @Autowired PersistenceConfig config;
    @Autowired ManualClock clock;
    @Autowired JacksonCodecs codecs;

    @Test
    void runsOverInMemoryStores() {
      assertThat(notes.read(notes.register("Ada", "first"))).isEqualTo("first");
    }

    @Test
    void hasItsPropertiesAndClock() {
      assertThat(config.runtimeName()).isEqualTo("slice");
      assertThat(config.clock()).isSameAs(clock);
    }
  }

  @Nested
  @PersistenceTest
  class Alone {

    @Autowired ApplicationContext context;

    @Test
    void leavesScannedComponentsAndOtherConfigurationsOut() {
      assertThat(context.getBeanNamesForType(SampleApplication.class)).hasSize(1);
      assertThat(context.getBeanNamesForType(Notes.class)).isEmpty();
      assertThat(context.getBeanNamesForType(InMemoryStores.class)).hasSize(1);
      assertThat(context.containsBean("dataSource")).isFalse();
    }
  }
}
