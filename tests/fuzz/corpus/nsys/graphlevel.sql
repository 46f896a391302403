CREATE TABLE StringIds(id INTEGER PRIMARY KEY,value TEXT);
INSERT INTO StringIds VALUES(1,'gemm<float>'),(2,'norm'),(3,'cudaLaunchKernel_v7000'),(4,'cudaGraphLaunch_v10000'),(5,'cudaMemcpyAsync_v3020'),(6,'cudaStreamSynchronize_v3020'),(7,'cudaMemsetAsync_v3020'),(8,'decode_step 1'),(10,'cuLaunchKernel');
CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL(start,end,deviceId,streamId,correlationId,globalPid,demangledName,shortName,registersPerThread,gridX,gridY,gridZ,blockX,blockY,blockZ,staticSharedMemory,dynamicSharedMemory,graphNodeId);
CREATE TABLE CUPTI_ACTIVITY_KIND_RUNTIME(start,end,eventClass,globalTid,correlationId,nameId,returnValue);
CREATE TABLE CUPTI_ACTIVITY_KIND_GRAPH_TRACE(start,end,deviceId,streamId,correlationId,globalPid,graphId);
INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES(1000,1050,0,7,1,281474976794624,1,2,32,4,5,6,128,2,1,1000,24,NULL);
INSERT INTO CUPTI_ACTIVITY_KIND_RUNTIME VALUES(900,920,0,281474976794633,1,3,0);
INSERT INTO CUPTI_ACTIVITY_KIND_GRAPH_TRACE VALUES(2000,3000,0,7,2,281474976794624,1);
INSERT INTO CUPTI_ACTIVITY_KIND_RUNTIME VALUES(1900,1920,0,281474976794633,2,4,0);
