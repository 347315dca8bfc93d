/** What agents know: facts and their embeddings, over the durable store. */
@NullMarked
package io.mistersmith.persistence.core.internal.knowledge;

import org.jspecify.annotations.NullMarked;
