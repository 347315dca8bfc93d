package io.mistersmith.persistence.spring.boot;

import com.fasterxml.jackson.databind.ObjectMapper;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import tools.jackson.databind.json.JsonMapper;

/** Offers codecs of the application's Jackson mapper. */
@AutoConfiguration(
    afterName = {
      "org.springframework.boot.autoconfigure.jackson.JacksonAutoConfiguration",
      "org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration",
      "org.springframework.boot.jackson2.autoconfigure.Jackson2AutoConfiguration"
    })
@Import({
  PersistenceJacksonAutoConfiguration.OfJackson3.class,
  PersistenceJacksonAutoConfiguration.OfJackson2.class
})
class PersistenceJacksonAutoConfiguration {

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(JsonMapper.class)
  @ConditionalOnSingleCandidate(JsonMapper.class)
  @ConditionalOnMissingBean(JacksonCodecs.class)
  static class OfJackson3 {

    @Bean
    Jackson3Codecs persistenceJacksonCodecs(JsonMapper mapper) {
      return new Jackson3Codecs(mapper);
    }
  }

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(ObjectMapper.class)
  @ConditionalOnSingleCandidate(ObjectMapper.class)
  @ConditionalOnMissingBean(JacksonCodecs.class)
  static class OfJackson2 {

    @Bean
    Jackson2Codecs persistenceJacksonCodecs(ObjectMapper mapper) {
      return new Jackson2Codecs(mapper);
    }
  }
}
