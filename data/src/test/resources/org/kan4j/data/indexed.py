import pyarrow as pa, pyarrow.parquet as pq
n=40
t=pa.table({'x':pa.array([i*7%n+0.5 for i in range(n)]),'kind':pa.array(['red','green','blue','red']*10),'y':pa.array(list(range(n)),pa.int32())})
pq.write_table(t,"indexed.parquet",compression='snappy',write_page_index=True,data_page_size=64,write_batch_size=8)
