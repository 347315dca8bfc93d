package io.mistersmith.persistence.spring.boot;

import io.mistersmith.persistence.PersistenceProvider;
import io.mistersmith.persistence.core.CorePersistenceProvider;
import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;

/** Names what a native image has to keep: the engine, which is found by name, and its scripts. */
final class PersistenceRuntimeHints implements RuntimeHintsRegistrar {

  @Override
  public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
    hints
        .reflection()
        .registerType(CorePersistenceProvider.class, MemberCategory.INVOKE_PUBLIC_CONSTRUCTORS);
    hints
        .resources()
        .registerPattern("META-INF/services/" + PersistenceProvider.class.getName())
        .registerPattern("io/mistersmith/persistence/db/*")
        .registerPattern("io/mistersmith/persistence/db/**");
  }
}
