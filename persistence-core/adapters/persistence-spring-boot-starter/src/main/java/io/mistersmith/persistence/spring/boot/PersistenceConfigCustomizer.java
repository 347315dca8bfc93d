package io.mistersmith.persistence.spring.boot;

import io.mistersmith.persistence.config.PersistenceConfig;

/**
 * Changes the configuration that the properties gave, before the runtime is opened. All beans of
 * this type are called, in their order. Use it for settings that have no property, such as those of
 * one bucket or one role.
 */
@FunctionalInterface
public interface PersistenceConfigCustomizer {

  /** Sets values of the builder. Called once, by the thread that creates the beans. */
  void customize(PersistenceConfig.Builder config);
}
