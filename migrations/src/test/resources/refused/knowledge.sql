-- refused: knowledge.facts facts_pkey
INSERT INTO knowledge.facts (fact_id, entity_type, entity_id, predicate, object_value, object_type) VALUES ('dddddddd-0000-4000-8000-000000000001', 'e', 'i', 'p', '1', 'n');
-- refused: knowledge.facts facts_source_agent_id_fkey
INSERT INTO knowledge.facts (entity_type, entity_id, predicate, object_value, object_type, source_agent_id) VALUES ('e', 'i', 'p', '1', 'n', 'aaaaaaaa-0000-4000-8000-000000000009');
-- refused: knowledge.facts valid_entity_type
INSERT INTO knowledge.facts (entity_type, entity_id, predicate, object_value, object_type) VALUES ('', 'i', 'p', '1', 'n');
-- refused: knowledge.facts valid_entity_id
INSERT INTO knowledge.facts (entity_type, entity_id, predicate, object_value, object_type) VALUES ('e', '', 'p', '1', 'n');
-- refused: knowledge.facts valid_predicate
INSERT INTO knowledge.facts (entity_type, entity_id, predicate, object_value, object_type) VALUES ('e', 'i', '', '1', 'n');
-- refused: knowledge.facts valid_confidence_score
INSERT INTO knowledge.facts (entity_type, entity_id, predicate, object_value, object_type, confidence_score) VALUES ('e', 'i', 'p', '1', 'n', 1.01);
-- refused: knowledge.facts valid_confidence_score
INSERT INTO knowledge.facts (entity_type, entity_id, predicate, object_value, object_type, confidence_score) VALUES ('e', 'i', 'p', '1', 'n', -0.01);
-- refused: knowledge.facts valid_validity_period
INSERT INTO knowledge.facts (entity_type, entity_id, predicate, object_value, object_type, valid_until) VALUES ('e', 'i', 'p', '1', 'n', now());
-- refused: knowledge.embeddings embeddings_pkey
INSERT INTO knowledge.embeddings (embedding_id, fact_id, embedding_model, embedding_version, text_content, content_hash) VALUES ('dddddddd-0000-4000-8000-0000000000e1', 'dddddddd-0000-4000-8000-000000000001', 'm', '2', 't', 'h');
-- refused: knowledge.embeddings embeddings_fact_model_version_key
INSERT INTO knowledge.embeddings (fact_id, embedding_model, embedding_version, text_content, content_hash) VALUES ('dddddddd-0000-4000-8000-000000000001', 'm', '1', 't', 'h');
-- refused: knowledge.embeddings embeddings_fact_id_fkey
INSERT INTO knowledge.embeddings (fact_id, embedding_model, embedding_version, text_content, content_hash) VALUES ('dddddddd-0000-4000-8000-000000000009', 'm', '1', 't', 'h');
-- refused: knowledge.embeddings valid_embedding_model
INSERT INTO knowledge.embeddings (fact_id, embedding_model, embedding_version, text_content, content_hash) VALUES ('dddddddd-0000-4000-8000-000000000001', '', '1', 't', 'h');
-- refused: knowledge.embeddings valid_text_content
INSERT INTO knowledge.embeddings (fact_id, embedding_model, embedding_version, text_content, content_hash) VALUES ('dddddddd-0000-4000-8000-000000000001', 'n', '1', '', 'h');
-- refused: knowledge.embeddings valid_embedding_vector
INSERT INTO knowledge.embeddings (fact_id, embedding_model, embedding_version, text_content, content_hash, embedding_vector) VALUES ('dddddddd-0000-4000-8000-000000000001', 'n', '1', 't', 'h', '{}');
-- refused: knowledge.embeddings valid_embedding_vector
INSERT INTO knowledge.embeddings (fact_id, embedding_model, embedding_version, text_content, content_hash, embedding_vector) VALUES ('dddddddd-0000-4000-8000-000000000001', 'n', '1', 't', 'h', '{1,NULL}');
-- refused: knowledge.embeddings valid_embedding_vector
INSERT INTO knowledge.embeddings (fact_id, embedding_model, embedding_version, text_content, content_hash, embedding_vector) VALUES ('dddddddd-0000-4000-8000-000000000001', 'n', '1', 't', 'h', '{{1},{2}}');
-- refused: knowledge.embeddings valid_embedding_vector
INSERT INTO knowledge.embeddings (fact_id, embedding_model, embedding_version, text_content, content_hash, embedding_vector) VALUES ('dddddddd-0000-4000-8000-000000000001', 'n', '1', 't', 'h', '{1,NaN}');
-- refused: knowledge.embeddings valid_embedding_vector
INSERT INTO knowledge.embeddings (fact_id, embedding_model, embedding_version, text_content, content_hash, embedding_vector) VALUES ('dddddddd-0000-4000-8000-000000000001', 'n', '1', 't', 'h', '{Infinity}');
-- refused: knowledge.embeddings valid_embedding_vector
INSERT INTO knowledge.embeddings (fact_id, embedding_model, embedding_version, text_content, content_hash, embedding_vector) VALUES ('dddddddd-0000-4000-8000-000000000001', 'n', '1', 't', 'h', '{-Infinity}');
-- refused: knowledge.embedding_models embedding_models_pkey
INSERT INTO knowledge.embedding_models (embedding_model, embedding_version, dimensions) VALUES ('twice', '1', 2), ('twice', '1', 2);
-- refused: knowledge.embedding_models valid_dimensions
INSERT INTO knowledge.embedding_models (embedding_model, embedding_version, dimensions) VALUES ('none', '1', 0);
