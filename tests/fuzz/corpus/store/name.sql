UPDATE trace_name SET text='a' WHERE id=1;UPDATE trace_name SET bytes=x'00ff' WHERE id=2;INSERT INTO trace_name VALUES(1,99,'b',NULL);DELETE FROM trace_name WHERE id=5;
