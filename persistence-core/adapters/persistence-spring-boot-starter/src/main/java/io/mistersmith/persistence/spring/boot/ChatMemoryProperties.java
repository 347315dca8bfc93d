package io.mistersmith.persistence.spring.boot;

import io.mistersmith.persistence.log.Log.Limits;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * How Spring AI's chat memory is kept.
 *
 * @param enabled Whether Spring AI's chat memory is kept by the runtime.
 * @param name Name of the memory; memories of other names have other conversations.
 * @param keepSaves Number of saves that a conversation keeps; a save is usually one or two
 *     messages. By default all.
 * @param keepAge How long a conversation keeps a save. By default until it is deleted.
 * @param keepSize Size of the saves that a conversation keeps. By default any.
 * @param remember Number of conversations that stay in the memory of the process.
 * @param trustMemory How long a conversation in memory is used without asking NATS for later
 *     messages.
 */
@ConfigurationProperties("persistence.spring-ai.chat-memory")
record ChatMemoryProperties(
    @DefaultValue("true") boolean enabled,
    @DefaultValue("chat-memory") String name,
    @Nullable Long keepSaves,
    @Nullable Duration keepAge,
    @Nullable DataSize keepSize,
    @DefaultValue("256") int remember,
    @DefaultValue("0s") Duration trustMemory) {

  Limits limits() {
    return new Limits(
        keepSaves == null ? OptionalLong.empty() : OptionalLong.of(keepSaves),
        Optional.ofNullable(keepAge),
        keepSize == null ? OptionalLong.empty() : OptionalLong.of(keepSize.toBytes()));
  }
}
